/**
 * Somebody comes in: a client that connects at once, before there is anything to see.
 *
 * Knows credentials and how a visit ends. Refuses to know what is shown meanwhile.
 */

import { Client } from "../hubbub/index.js";
import { keepToken, tabStorage } from "./keepsakes.js";
import { followPage } from "./lifecycle.js";

/**
 * @typedef {object} Visit
 * @property {Client} client
 * @property {Promise<{why: string, nack?: import("../hubbub/types.js").Nack}>} ended  By the server, for good.
 * @property {() => void} end  By the visitor.
 */

/** @param {string} hub @param {import("../hubbub/connector.js").Credentials} credentials @returns {Visit} */
export function arrive(hub, credentials) {
  const ending = new AbortController();
  const { signal } = ending;
  const client = new Client({ url: socketUrl(), hub, credentials, storage: tabStorage() });
  client.addEventListener("welcome", ({ detail }) => detail.token && keepToken(detail.token), { signal });
  const ended = new Promise((resolve) => {
    client.addEventListener("ended", ({ detail }) => resolve(detail), { signal });
  });
  followPage(client, signal);
  client.start();
  const end = () => (ending.abort(), client.end());
  return { client, ended, end };
}

function socketUrl() {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
}

/**
 * Starts the page: who is there, in which language, and which screen is due.
 *
 * Knows the two screens. Refuses to know what is on them.
 */

import { Client } from "../hubbub/index.js";
import { entrance } from "./entrance.js";
import { HubView } from "./hub_view.js";
import { forget, hubName, keepToken, read, tabStorage, takeToken, write } from "./keepsakes.js";
import { preferredLanguage, speak, t } from "./language.js";
import { followPage } from "./lifecycle.js";
import { refusalWords } from "./refusals.js";
import { applyTheme, tools } from "./tools.js";

const token = takeToken(); // before anything else can see it
const hub = hubName();

/** Where one says a name. @param {string} fault */
function showEntrance(fault) {
  const draw = () => document.body.replaceChildren(entrance(hub, fault, tools(draw), (name) => enter({ name })));
  document.title = `${hub} · Hubbub`;
  draw();
}

/** Where one talks. @param {import("../hubbub/connector.js").Credentials} credentials */
function enter(credentials) {
  const ending = new AbortController();
  const { signal } = ending;
  const client = new Client({ url: socketUrl(), hub, credentials, storage: tabStorage() });
  let view = /** @type {HubView|null} */ (null);
  let textChars = /** @type {number|null} */ (null);
  const leave = (/** @type {string} */ fault) => {
    ending.abort();
    client.connector.end("refused");
    view?.end();
    keepToken("");
    showEntrance(fault);
  };
  const draw = () => {
    view?.end();
    const onOpen = (/** @type {string} */ address) => write(`room.${hub}`, address);
    const onLeave = () => (forget(), leave(""));
    const open = read(`room.${hub}`) ?? "";
    view = new HubView(client, { tools: tools(draw), open, textChars: () => textChars, onOpen, onLeave });
    document.body.replaceChildren(view.element);
  };
  client.addEventListener(
    "welcome",
    (event) => {
      const welcome = /** @type {CustomEvent} */ (event).detail;
      textChars = welcome.limits.text_chars;
      if (welcome.token) keepToken(welcome.token);
    },
    { signal },
  );
  client.addEventListener("ended", (event) => leave(endWords(/** @type {CustomEvent} */ (event).detail)), { signal });
  followPage(client, signal);
  draw();
  client.connector.start();
}

/** @param {{why: string, nack?: import("../hubbub/types.js").Nack}} end */
function endWords({ why, nack }) {
  return nack ? refusalWords(nack) : t(`ended.${why}`);
}

function socketUrl() {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
}

addEventListener("hashchange", () => {
  if (location.hash.includes("token=")) location.reload(); // somebody else came to this tab
});
applyTheme();
await speak(preferredLanguage());
if (token) enter({ token });
else showEntrance("");

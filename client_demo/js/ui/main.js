/**
 * Starts the page: who is there, in which language, and which screen is due.
 *
 * Knows the two screens. Refuses to know what is on them.
 */

import { Client } from "../hubbub/index.js";
import { hubName } from "./address.js";
import { entrance } from "./entrance.js";
import { HubView } from "./hub_view.js";
import { forget, keepToken, read, tabStorage, takeToken, write } from "./keepsakes.js";
import { speak, switchLanguage, t } from "./language.js";
import { followPage } from "./lifecycle.js";
import { refusalWords } from "./refusals.js";
import { inPlace } from "./same_place.js";
import { showTab } from "./tab_title.js";

const token = takeToken(); // before anything else can see it
const hub = hubName();
const words = speak(); // nothing is drawn before them
let screen = /** @type {HTMLElement|null} */ (null);

/** @param {HTMLElement} next */
function show(next) {
  if (screen) screen.replaceWith(next);
  else document.body.replaceChildren(next);
  screen = next;
}

/** The screen in another language; whoever is in it stays where they are. @param {() => void} draw */
function speaking(draw) {
  return async (/** @type {string} */ language) => {
    await switchLanguage(language);
    inPlace(document.body, draw);
  };
}

/** Where one says a name. @param {() => string} faultIn  Why one is here again, in the language of the page. */
function showEntrance(faultIn) {
  const enterAs = (/** @type {string} */ name) => enter({ name });
  const draw = () => show(entrance(hub, faultIn(), { enter: enterAs, speak: speaking(draw) }));
  showTab([hub], 0);
  draw();
}

/**
 * Where one talks; it connects while the words are still on their way.
 * @param {import("../hubbub/connector.js").Credentials} credentials
 */
async function enter(credentials) {
  const ending = new AbortController();
  const { signal } = ending;
  const client = new Client({ url: socketUrl(), hub, credentials, storage: tabStorage() });
  let view = /** @type {HubView|null} */ (null);
  let textChars = /** @type {number|null} */ (null);
  const leave = async (/** @type {() => string} */ faultIn) => {
    ending.abort();
    client.connector.end("refused");
    keepToken("");
    await words;
    view?.end();
    showEntrance(faultIn);
  };
  const welcomed = (/** @type {any} */ { detail: welcome }) => {
    textChars = welcome.limits.text_chars;
    if (welcome.token) keepToken(welcome.token);
  };
  client.addEventListener("welcome", welcomed, { signal });
  client.addEventListener("ended", (/** @type {any} */ { detail }) => leave(() => endWords(detail)), { signal });
  followPage(client, signal);
  client.connector.start();
  await words;
  if (signal.aborted) return;
  const draw = () => {
    view?.end();
    view = new HubView(client, {
      kept: read(`room.${hub}`) ?? "",
      textChars: () => textChars,
      speak: speaking(draw),
      onOpen: (address) => write(`room.${hub}`, address),
      onLeave: () => (forget(), leave(() => "")),
    });
    show(view.element);
  };
  draw();
}

/** @param {{why: string, nack?: import("../hubbub/types.js").Nack}} end */
function endWords({ why, nack }) {
  return nack ? refusalWords(nack) : t(`ended.${why}`);
}

function socketUrl() {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
}

addEventListener("hashchange", () => {
  const isOtherPerson = location.hash.includes("token=");
  if (isOtherPerson || hubName() !== hub) location.reload();
});
if (token) enter({ token });
else words.then(() => showEntrance(() => ""));

/**
 * The two screens: the entrance, where one says a name, and the hub, where one talks.
 *
 * Knows which is due, and how one follows the other. Refuses to know what is on them.
 */

import { arrive } from "./arrival.js";
import { entrance } from "./entrance.js";
import { HubView } from "./hub_view.js";
import { forget, keepToken, read, write } from "./keepsakes.js";
import { switchLanguage, t } from "./language.js";
import { later } from "./later.js";
import { refusalWords } from "./refusals.js";
import { showTab } from "./tab_title.js";

/** @typedef {import("./arrival.js").Visit} Visit */

const place = later(() => import("./same_place.js"));
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
    await place(({ inPlace }) => inPlace(document.body, draw));
  };
}

/** Where one says a name. @param {string} hub @param {() => string} faultIn  Why one is here again, or empty. */
export function showEntrance(hub, faultIn) {
  const enter = (/** @type {string} */ name) => showHub(hub, arrive(hub, { name }));
  const draw = () => show(entrance(hub, faultIn(), { enter, speak: speaking(draw) }));
  showTab([hub], 0);
  draw();
}

/** Where one talks. @param {string} hub @param {Visit} visit */
export function showHub(hub, visit) {
  let view = /** @type {HubView|null} */ (null);
  const leave = (/** @type {() => string} */ faultIn) => {
    visit.end();
    keepToken("");
    view?.end();
    showEntrance(hub, faultIn);
  };
  const draw = () => {
    view?.end();
    view = new HubView(visit.client, {
      kept: read(`room.${hub}`) ?? "",
      speak: speaking(draw),
      onOpen: (address) => write(`room.${hub}`, address),
      onLeave: () => (forget(), leave(() => "")),
    });
    show(view.element);
  };
  visit.ended.then(({ why, nack }) => leave(() => (nack ? refusalWords(nack) : t(`ended.${why}`))));
  draw();
}

/**
 * Draws a part of the page anew only if what it shows has changed: nothing moves under a hand or a keyboard.
 *
 * Knows what each part shows. Refuses to know what it looks like.
 */

import { fill } from "./dom.js";

const shown = /** @type {WeakMap<Element, string>} */ (new WeakMap());

/**
 * Fills an element, if `key` is not what it shows already. True if the keyboard was in what went.
 * @param {Element} element @param {unknown} key  All that `make` depends on.
 * @param {() => import("./dom.js").Child|import("./dom.js").Child[]} make
 */
export function drawIfNew(element, key, make) {
  const written = JSON.stringify(key);
  if (shown.get(element) === written) return false;
  shown.set(element, written);
  const held = element.contains(document.activeElement);
  fill(element, make());
  return held && !element.contains(document.activeElement);
}

/**
 * Keeps a list's items by their keys: those that stay are moved, not made; those that changed are made anew.
 * @template Item
 * @param {Element} list @param {Item[]} items
 * @param {{keyOf: (item: Item) => string, looksOf: (item: Item) => unknown, make: (item: Item) => HTMLElement}} how
 */
export function drawList(list, items, { keyOf, looksOf, make }) {
  const known = new Map([...list.children].map((one) => [/** @type {HTMLElement} */ (one).dataset.key, one]));
  let before = list.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const looks = JSON.stringify(looksOf(item));
    let line = known.get(key);
    known.delete(key);
    if (!line || shown.get(line) !== looks) {
      const made = make(item);
      made.dataset.key = key;
      shown.set(made, looks);
      if (before === line) before = line?.nextElementSibling ?? null;
      line?.remove();
      line = made;
    }
    if (line === before) before = line.nextElementSibling;
    else list.insertBefore(line, before);
  }
  for (const gone of known.values()) gone.remove();
}

/**
 * The list of lines on the page, brought to what it should show with the fewest changes.
 *
 * Knows keys: a line keeps its element for as long as it is shown. Refuses to know what is in the lines.
 */

import { el } from "./dom.js";

/** @typedef {import("./plan.js").Line} Line */
/** @typedef {{element: HTMLElement, update: (line: Line) => void, fold?: () => void}} Row  How a line looks. */

export class Lines {
  /** @param {(line: Line) => Row} makeRow */
  constructor(makeRow) {
    this.list = el("ol", {});
    this._makeRow = makeRow;
    this._shown = /** @type {Map<string, {item: HTMLLIElement, row: Row}>} */ (new Map());
    this._lines = /** @type {WeakMap<Element, Line>} */ (new WeakMap());
  }

  get isEmpty() {
    return this._shown.size === 0;
  }

  /** The line an element stands in. @param {Element} element @returns {Line|undefined} */
  lineOf(element) {
    const item = element.closest("li.line");
    return item ? this._lines.get(item) : undefined;
  }

  /** @param {string} key @returns {HTMLLIElement|undefined} */
  item(key) {
    return this._shown.get(key)?.item;
  }

  /** @param {string} key @returns {Row|undefined} */
  row(key) {
    return this._shown.get(key)?.row;
  }

  /** Whether an entry's line is the first one of the log. @param {import("./plan.js").Line["entry"]} entry */
  starts(entry) {
    const first = this.list.querySelector(":scope > [data-seq]");
    return entry === undefined || first === null || Number(/** @type {HTMLElement} */ (first).dataset.seq) <= entry.seq;
  }

  /** Shows these lines, in this order, and no others. @param {Line[]} lines */
  draw(lines) {
    const wanted = new Set(lines.map((line) => line.key));
    for (const key of this._shown.keys()) if (!wanted.has(key)) this._drop(key);
    let next = this.list.firstElementChild;
    for (const line of lines) {
      const item = this._itemOf(line);
      if (item === next) next = next.nextElementSibling;
      else this.list.insertBefore(item, next);
    }
  }

  /** @param {Line} line */
  _itemOf(line) {
    let shown = this._shown.get(line.key);
    if (!shown) {
      const row = this._makeRow(line);
      shown = { item: el("li", { class: `line line-${line.kind}`, "data-key": line.key }, row.element), row };
      this._shown.set(line.key, shown);
    }
    shown.row.update(line);
    const before = this._lines.get(shown.item);
    if (before?.isTogether !== line.isTogether) shown.item.classList.toggle("is-together", line.isTogether);
    if (line.entry && !before?.entry) shown.item.dataset.seq = String(line.entry.seq);
    this._lines.set(shown.item, line);
    return shown.item;
  }

  /** @param {string} key */
  _drop(key) {
    this._shown.get(key)?.item.remove();
    this._shown.delete(key);
  }
}

/**
 * A pane that is a drawer where there is no room for it; closed by Esc or a press beside it.
 *
 * Knows focus: it goes into the drawer, stays there while it is open, and returns. Refuses to know what is in it.
 */

import { el } from "./dom.js";

export class Drawer {
  /**
   * @param {HTMLElement} pane
   * @param {HTMLElement} opener  The button; it tells whether the drawer is open.
   * @param {string} media  Where the pane is a drawer.
   * @param {() => HTMLElement[]} behind  What cannot be reached meanwhile.
   * @param {AbortSignal} signal
   */
  constructor(pane, opener, media, behind, signal) {
    this._pane = pane;
    this._opener = opener;
    opener.setAttribute("aria-controls", pane.id); // not before: what is not there yet cannot be controlled
    this._behind = behind;
    this._media = matchMedia(media);
    this._inert = /** @type {HTMLElement[]} */ ([]);
    this.scrim = el("div", { class: "scrim", hidden: true, on: { click: () => this.close() } });
    pane.classList.add("drawer");
    pane.tabIndex = -1;
    pane.addEventListener("keydown", (event) => this._pressed(event), { signal });
    this._media.addEventListener("change", () => this._put(false), { signal });
    signal.addEventListener("abort", () => this._put(false));
    this._put(false);
  }

  get isOpen() {
    return this._pane.classList.contains("is-open");
  }

  /** Whether the pane stands beside the others all the time. */
  get isPane() {
    return !this._media.matches;
  }

  /** What the button does. */
  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  /** Into the pane, wherever it stands. */
  open() {
    if (!this.isPane) this._put(true);
    this._pane.focus();
  }

  /** Whoever was in it is back at the button. */
  close() {
    if (!this.isOpen) return;
    this._put(false);
    this._opener.focus();
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    if (event.key !== "Escape" || event.defaultPrevented || !this.isOpen) return;
    event.preventDefault();
    this.close();
  }

  /** @param {boolean} isOpen */
  _put(isOpen) {
    for (const one of this._inert) one.inert = false; // also of an opening before this one
    this._inert = isOpen ? this._behind() : [];
    for (const one of this._inert) one.inert = true;
    this._pane.classList.toggle("is-open", isOpen);
    if (this.isPane) this._opener.removeAttribute("aria-expanded");
    else this._opener.setAttribute("aria-expanded", String(isOpen));
    this.scrim.hidden = !isOpen;
  }
}

/**
 * The keyboard in a list of lines: one stop for Tab; arrows go from line to line, Enter into one, Escape back.
 *
 * Knows where one is. Refuses to know what the lines are.
 */

const STOP = ":scope > [tabindex]";
const CONTROLS = "a[href], button:not(:disabled)";

export class Roving {
  /** @param {HTMLElement} list  Of items, each with one element to stop at. @param {AbortSignal} signal */
  constructor(list, signal) {
    this._list = list;
    this._current = /** @type {HTMLElement|null} */ (null);
    list.addEventListener("focusin", (event) => this._came(/** @type {Element} */ (event.target)), { signal });
    list.addEventListener("keydown", (event) => this._pressed(event), { signal });
  }

  /**
   * Where Tab leads, for one who is elsewhere: to the item in sight, or the last one.
   * @param {Element|null} inSight
   */
  settle(inSight) {
    const isInside = this._current?.isConnected && this._list.contains(document.activeElement);
    if (isInside) return;
    const item = inSight?.isConnected ? inSight : this._list.lastElementChild;
    this._stopAt(item?.querySelector(STOP) ?? null);
  }

  focus() {
    this._current?.focus();
  }

  focusLast() {
    this._stops.at(-1)?.focus();
  }

  /** @param {Element} item */
  focusItem(item) {
    const stop = /** @type {HTMLElement|null} */ (item.querySelector(STOP));
    stop?.focus({ preventScroll: true });
  }

  /** @returns {HTMLElement[]} */
  get _stops() {
    return [...this._list.querySelectorAll(":scope > .line > [tabindex]")].map(
      (stop) => /** @type {HTMLElement} */ (stop),
    );
  }

  /** @param {Element} target */
  _came(target) {
    const stop = target.closest(".line > [tabindex]");
    if (stop) this._stopAt(/** @type {HTMLElement} */ (stop));
  }

  /** @param {HTMLElement|null} stop */
  _stopAt(stop) {
    if (stop === this._current) return;
    this._current?.setAttribute("tabindex", "-1");
    stop?.setAttribute("tabindex", "0");
    this._current = stop;
  }

  /** @param {KeyboardEvent} event */
  _pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const stop = this._current;
    if (!stop?.contains(target) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const next = target === stop ? this._fromStop(event.key, stop) : this._fromInside(event.key, stop, target);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  }

  /** @param {string} key @param {HTMLElement} stop @returns {HTMLElement|undefined} */
  _fromStop(key, stop) {
    const stops = this._stops;
    const at = stops.indexOf(stop);
    if (key === "ArrowUp") return stops[at - 1];
    if (key === "ArrowDown") return stops[at + 1];
    if (key === "Home") return stops[0];
    if (key === "Enter") return controlsOf(stop)[0];
  }

  /** @param {string} key @param {HTMLElement} stop @param {HTMLElement} control @returns {HTMLElement|undefined} */
  _fromInside(key, stop, control) {
    const controls = controlsOf(stop);
    const at = controls.indexOf(control);
    if (key === "Escape") return stop;
    if (key === "ArrowRight") return controls[(at + 1) % controls.length];
    if (key === "ArrowLeft") return controls.at(at - 1);
    if (key === "ArrowUp" || key === "ArrowDown") return this._fromStop(key, stop);
  }
}

/** @param {HTMLElement} stop @returns {HTMLElement[]} */
function controlsOf(stop) {
  const controls = /** @type {HTMLElement[]} */ ([...stop.querySelectorAll(CONTROLS)]);
  return controls.filter((control) => control.checkVisibility());
}

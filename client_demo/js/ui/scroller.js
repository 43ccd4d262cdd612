/**
 * A box of lines that is read from its end: it stays at the bottom for those who are there, and still for others.
 *
 * Knows scrolling. Refuses to know what the lines are. `overflow-anchor` is off in the style sheet: not every
 * browser has it, and two who hold a line still would move it.
 */

const NEAR_PX = 100; // so close to the bottom is at the bottom
const HELD = 20; // entries: of so many, one stays

export class Scroller {
  /**
   * @param {HTMLElement} box @param {HTMLElement} list  Its lines are the box's content.
   * @param {() => void} onMoved @param {AbortSignal} signal
   */
  constructor(box, list, onMoved, signal) {
    this.isAtBottom = true;
    this.firstSeen = /** @type {HTMLElement|null} */ (null); // null at the bottom
    this._box = box;
    this._list = list;
    const moved = () => (this._look(), onMoved());
    box.addEventListener("scroll", moved, { signal, passive: true });
    const observer = new ResizeObserver(() => this.isAtBottom && this.toBottom());
    for (const one of [box, list]) observer.observe(one); // fonts and folded texts change the list by themselves
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** How many screens there are above and below what is seen. */
  get screens() {
    const { scrollTop, scrollHeight, clientHeight } = this._box;
    const height = Math.max(1, clientHeight);
    return { above: scrollTop / height, below: (scrollHeight - scrollTop - clientHeight) / height };
  }

  toBottom() {
    this._box.scrollTop = this._box.scrollHeight;
    this.isAtBottom = true;
  }

  /** To a line above what is seen, which then is the first; false if it is in sight. @param {HTMLElement} item */
  toTopIfAbove(item) {
    if (item.offsetTop >= this._box.scrollTop) return false;
    this._box.scrollTop = item.offsetTop;
    this._look();
    return true;
  }

  /** @param {Element} item */
  toMiddle(item) {
    item.scrollIntoView({ block: "center", behavior: "instant" });
    this._look();
  }

  /**
   * Changes the lines; what is seen does not move, or goes on being the end.
   * @param {() => void} change @param {boolean} [isPinned]  Whether to stay at the bottom.
   */
  keeping(change, isPinned = this.isAtBottom) {
    this.firstSeen = null;
    if (isPinned) return (change(), this.toBottom());
    const held = this._firstSeen();
    this.firstSeen = held[0] ?? null;
    const tops = held.map((item) => item.offsetTop);
    change();
    const at = held.findIndex((item) => item.isConnected);
    if (at >= 0 && held[at].offsetTop !== tops[at]) this._box.scrollTop += held[at].offsetTop - tops[at];
    this._look();
  }

  /** Something in a line changes its size where somebody has just pressed: that stays where it is. */
  holding(/** @type {HTMLElement} */ pressed, /** @type {() => void} */ change) {
    const top = pressed.getBoundingClientRect().top;
    change();
    this._box.scrollTop += pressed.getBoundingClientRect().top - top;
    this._look();
  }

  _look() {
    const { scrollHeight, scrollTop, clientHeight } = this._box;
    this.isAtBottom = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  /** The entries at the top of what is seen: should the first go, the next one is held. @returns {HTMLElement[]} */
  _firstSeen() {
    const items = /** @type {HTMLElement[]} */ ([...this._list.querySelectorAll(":scope > [data-seq]")]);
    const top = this._box.scrollTop;
    let [low, high] = [0, items.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (items[middle].offsetTop + items[middle].offsetHeight <= top) low = middle + 1;
      else high = middle;
    }
    return items.slice(low, low + HELD);
  }
}

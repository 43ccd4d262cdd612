/**
 * People who left a moment ago are still shown: who reloads a page does not blink.
 *
 * Knows when each was seen last. Refuses to know who they are, and how they are shown.
 */

const LINGERS_MS = 5_000; // a reload, or a short tunnel, is over by then

/** @template Person */
export class Lingering {
  /** @param {() => void} onGone  Somebody's time is over: ask again. @param {AbortSignal} signal */
  constructor(onGone, signal) {
    this._shown = /** @type {Map<string, Person>} */ (new Map());
    this._leftAt = /** @type {Map<string, number>} */ (new Map());
    this._onGone = onGone;
    this._timer = 0;
    signal.addEventListener("abort", () => clearTimeout(this._timer));
  }

  /** All who are there, and those who were until a moment ago. @param {ReadonlyMap<string, Person>} present */
  seen(present, nowMs = Date.now()) {
    for (const id of [...this._shown.keys()]) {
      if (present.has(id)) continue;
      if (!this._leftAt.has(id)) this._leftAt.set(id, nowMs);
      if (nowMs - (this._leftAt.get(id) ?? 0) >= LINGERS_MS) this._forget(id);
    }
    for (const [id, person] of present) {
      this._leftAt.delete(id);
      this._shown.set(id, person);
    }
    this._plan(nowMs);
    return [...this._shown.values()];
  }

  /** Names are no longer told: nobody is shown, at once. */
  clear() {
    clearTimeout(this._timer);
    this._shown.clear();
    this._leftAt.clear();
  }

  /** @param {string} id */
  _forget(id) {
    this._shown.delete(id);
    this._leftAt.delete(id);
  }

  /** @param {number} nowMs */
  _plan(nowMs) {
    clearTimeout(this._timer);
    if (this._leftAt.size === 0) return;
    const next = Math.min(...this._leftAt.values()) + LINGERS_MS;
    this._timer = setTimeout(this._onGone, Math.max(0, next - nowMs));
  }
}

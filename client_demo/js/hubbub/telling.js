/**
 * An EventTarget whose events have known names and details.
 *
 * Knows names and types. Refuses to know what is told.
 */

/**
 * @template {Record<string, any>} Events  The type of the detail by name; `undefined` where there is none.
 * @typedef {object} TypedTarget
 * @property {<Name extends keyof Events & string>(
 *   name: Name, listener: (event: CustomEvent<Events[Name]>) => void, options?: AddEventListenerOptions) => void
 * } addEventListener
 * @property {<Name extends keyof Events & string>(
 *   name: Name, listener: (event: CustomEvent<Events[Name]>) => void) => void} removeEventListener
 * @property {<Name extends keyof Events & string>(
 *   name: Name, ...detail: Events[Name] extends undefined ? [] : [Events[Name]]) => void} tell
 */

class Teller extends EventTarget {
  /** @param {string} name @param {unknown} [detail] */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Extend it with `@extends {Telling<Events>}`. */
export const Telling = /** @type {new <Events extends Record<string, any>>() => TypedTarget<Events>} */ (
  /** @type {unknown} */ (Teller)
);

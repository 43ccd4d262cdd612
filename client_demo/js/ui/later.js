/**
 * Modules that nobody needs at first: fetched when they are asked for, or once the page has been idle for a while.
 *
 * Knows when, and tells `failed` where there is no network for it; the next press tries again. Refuses to know
 * what they are.
 */

const REST_MS = 4_000; // after the page began: by then its room is read

export const failures = new EventTarget();

/**
 * @template Module
 * @param {() => Promise<Module>} load
 * @returns {(use: (module: Module) => void) => Promise<void>}
 */
export function later(load) {
  let loading = /** @type {Promise<Module>|null} */ (null);
  const loaded = () => {
    loading ??= load();
    loading.catch(() => (loading = null));
    return loading;
  };
  setTimeout(() => requestIdleCallback(() => void loaded().catch(() => {})), REST_MS);
  return async (use) => {
    const module = await loaded().catch(() => null);
    if (module) use(module);
    else failures.dispatchEvent(new Event("failed"));
  };
}

/**
 * Tells a client what becomes of its page: seen, asleep, without a network.
 *
 * Knows the browser's events. Refuses to know what a client does about them.
 */

/** @param {import("../hubbub/client.js").Client} client @param {AbortSignal} signal */
export function followPage(client, signal) {
  const isVisible = () => document.visibilityState === "visible";
  document.addEventListener("visibilitychange", () => (isVisible() ? client.wake() : client.hide()), { signal });
  addEventListener("online", () => isVisible() && client.wake(), { signal });
  addEventListener("offline", () => client.goOffline(), { signal });
  addEventListener("pagehide", () => client.rest(), { signal });
  addEventListener("pageshow", (event) => event.persisted && client.wake(), { signal });
}

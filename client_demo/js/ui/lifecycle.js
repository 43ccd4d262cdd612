/**
 * Tells a client what becomes of its page: seen, asleep, without a network.
 *
 * Knows the browser's events. Refuses to know what a client does about them.
 */

/** @param {import("../hubbub/client.js").Client} client @param {AbortSignal} signal */
export function followPage(client, signal) {
  const { connector } = client;
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && connector.wake(), {
    signal,
  });
  addEventListener("online", () => connector.wake(), { signal });
  addEventListener("offline", () => connector.goOffline(), { signal });
  addEventListener("pagehide", () => connector.rest(), { signal });
  addEventListener("pageshow", (event) => event.persisted && connector.wake(), { signal });
}

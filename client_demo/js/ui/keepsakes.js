/**
 * What the browser keeps for this page: the token of this tab, drafts, language and theme.
 *
 * Knows storage, and that it may be closed to us. The token comes in the URL's fragment, which is never
 * sent; it is taken out of the URL before anything else happens, and stays in this tab.
 */

const PREFIX = "hubbub.";
const SCREEN = ["language", "theme", "calm", "send_key", "keys"];

/** @param {string} key @returns {string|null} */
export function read(key) {
  return attempt(() => localStorage.getItem(PREFIX + key)) ?? null;
}

/** Keeps a text; an empty one is forgotten. @param {string} key @param {string} text */
export function write(key, text) {
  attempt(() => (text ? localStorage.setItem(PREFIX + key, text) : localStorage.removeItem(PREFIX + key)));
}

/** The token in the URL's fragment, which loses it, or the one of this tab. @returns {string|null} */
export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return attempt(() => sessionStorage.getItem(PREFIX + "token")) ?? null;
  history.replaceState(history.state, "", location.pathname + location.search);
  keepToken(token);
  return token;
}

/** @param {string} token  Empty to forget it. */
export function keepToken(token) {
  attempt(() =>
    token ? sessionStorage.setItem(PREFIX + "token", token) : sessionStorage.removeItem(PREFIX + "token"),
  );
}

/** What no other tab shares, where the browser gives it to us. */
export function tabStorage() {
  return attempt(() => sessionStorage) ?? null;
}

/** Forgets who was here: token, name, drafts, rooms, what was not sent; what suits the screen stays. */
export function forget() {
  attempt(() => sessionStorage.clear());
  const kept = attempt(() => Object.keys(localStorage)) ?? [];
  const isTheirs = /** @param {string} key */ (key) =>
    key.startsWith(PREFIX) && !SCREEN.includes(key.slice(PREFIX.length));
  for (const key of kept.filter(isTheirs)) attempt(() => localStorage.removeItem(key));
}

/** @template T @param {() => T} storing @returns {T|undefined} */
function attempt(storing) {
  try {
    return storing();
  } catch {
    return undefined; // closed to us, or full: the page works without
  }
}

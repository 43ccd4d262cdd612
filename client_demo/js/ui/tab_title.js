/**
 * What the browser's tab says: how much is unread, and where one is.
 *
 * Knows the title and the icon. Refuses to know what is unread in which room.
 */

const ICON = "favicon.svg";
const ICON_UNREAD = "favicon-unread.svg";

/** @param {string[]} names  From the nearest to the widest. @param {number} unread */
export function showTab(names, unread) {
  document.title = `${unread > 0 ? `(${unread}) ` : ""}${[...names, "Hubbub"].join(" · ")}`;
  const icon = /** @type {HTMLLinkElement|null} */ (document.querySelector("link[rel=icon]"));
  const wanted = unread > 0 ? ICON_UNREAD : ICON;
  if (icon && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
}

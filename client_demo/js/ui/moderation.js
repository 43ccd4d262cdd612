/**
 * What only moderators need: it is fetched when somebody is one.
 *
 * Knows which modules that is. Refuses to know what they do.
 */

export { openModeDialog } from "./mode_dialog.js";
export { ModerationPane } from "./moderation_pane.js";
export { openPerson } from "./person_dialog.js";

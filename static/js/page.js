/** What every page outside the room does a little better with JavaScript. All of it works without. */
import { askFirst } from "./asking.js";
import { closeMenusOutside } from "./menus.js";
import { copyOnPress } from "./copy.js";
import { keepOfflinePage } from "./offline.js";
import { switchThemeInPlace } from "./theme.js";
import { tellZone } from "./zone.js";

closeMenusOutside();
copyOnPress();
switchThemeInPlace();
keepOfflinePage();
askFirst();
tellZone();
// Only who is signed in can leave. Without the keys, because the server has just gone, all works too.
if (document.getElementById("leaving")) {
  const enable = ({ enableKeys }) => enableKeys();
  import("./elsewhere.js").then(enable, () => {});
}

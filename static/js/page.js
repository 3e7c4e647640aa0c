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
// Only who is signed in can leave.
if (document.getElementById("leaving")) import("./elsewhere.js").then(({ enableKeys }) => enableKeys());

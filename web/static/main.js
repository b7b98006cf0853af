import { enableArrowKeys } from "./keyboard_navigation.js";
import { replaceFailedPosters } from "./poster_fallback.js";
import { addScrollButtons } from "./scroll_buttons.js";
import { searchWhileTyping } from "./search.js";
import { recordResultClicks } from "./search_clicks.js";
import { suggestWhileTyping } from "./suggestions.js";

replaceFailedPosters();
searchWhileTyping(document.querySelector("form[data-live-search]"));
suggestWhileTyping(document.querySelector("form.search"));
enableArrowKeys();
addScrollButtons();
recordResultClicks(document.querySelector("#results"));

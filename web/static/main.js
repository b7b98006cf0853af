import { tellWhatIsOpened } from "./clicks.js";
import { drawMissingPosters } from "./posters.js";
import { searchWhileTyping } from "./search.js";
import { walkWithArrows, addScrollButtons } from "./shelves.js";
import { suggestWhileTyping } from "./suggest.js";

drawMissingPosters();
searchWhileTyping(document.querySelector("form[data-live]"));
suggestWhileTyping(document.querySelector("form.search"));
walkWithArrows();
addScrollButtons();
tellWhatIsOpened(document.querySelector("#results"));

import { tellWhatIsOpened } from "./clicks.js";
import { drawMissingPosters } from "./posters.js";
import { searchWhileTyping } from "./search.js";
import { walkWithArrows, addScrollButtons } from "./shelves.js";

drawMissingPosters();
searchWhileTyping(document.querySelector("form[data-live]"));
walkWithArrows();
addScrollButtons();
tellWhatIsOpened(document.querySelector("#results"));

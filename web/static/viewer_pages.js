import { followTaste } from "./feed.js";
import { actAtOnce } from "./marks.js";
import { mention } from "./told.js";
import { pick } from "./welcome.js";

actAtOnce();
followTaste(document.querySelector("[data-feed]"));
pick(document.querySelector("[data-welcome]"));

const opened = document.querySelector("[data-opened]");
if (opened) mention([{ content_id: Number(opened.dataset.opened), event: "view" }]);

// Of a row of chips that is wider than the screen, the one that is on comes into view.
for (const chip of document.querySelectorAll(".chips [aria-current]")) {
  chip.scrollIntoView({ block: "nearest", inline: "center" });
}

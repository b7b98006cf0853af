import { enableLiveFeed } from "./feed.js";
import { recordInBackground } from "./interactions.js";
import { enableOnboarding } from "./onboarding.js";
import { enableTitleActions } from "./title_actions.js";

enableTitleActions();
enableLiveFeed(document.querySelector("[data-feed]"));
enableOnboarding(document.querySelector("[data-onboarding]"));

const titlePage = document.querySelector("[data-title-id]");
if (titlePage) {
  recordInBackground([{ content_id: Number(titlePage.dataset.titleId), event: "view" }]);
}

// Scrolls the selected chip of a row that is wider than the screen into view.
for (const chip of document.querySelectorAll(".chips [aria-current]")) {
  chip.scrollIntoView({ block: "nearest", inline: "center" });
}

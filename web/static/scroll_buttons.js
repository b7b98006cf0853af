// Scroll buttons on rows of titles, for a mouse; touch swipes, and keys move the focus.

const PAGE_SHARE = 0.85; // of the row's width, for each press
const EDGE_PX = 8; // nearer to the end than this counts as the end

export function addScrollButtons() {
  if (!matchMedia("(hover: hover)").matches) return;
  for (const row of document.querySelectorAll(".title-row")) {
    const scroller = row.querySelector(".row-scroller");
    const buttons = [-1, 1].map((direction) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `scroll-button ${direction < 0 ? "previous" : "next"}`;
      button.tabIndex = -1;
      button.ariaHidden = "true";
      button.textContent = direction < 0 ? "‹" : "›";
      button.addEventListener("click", () =>
        scroller.scrollBy({ left: direction * scroller.clientWidth * PAGE_SHARE }),
      );
      return button;
    });
    const update = () => {
      const { scrollLeft, clientWidth, scrollWidth } = scroller;
      buttons[0].hidden = scrollLeft < EDGE_PX;
      buttons[1].hidden = scrollLeft + clientWidth > scrollWidth - EDGE_PX;
    };
    scroller.addEventListener("scroll", update, { passive: true });
    new ResizeObserver(update).observe(scroller);
    row.append(...buttons);
  }
}

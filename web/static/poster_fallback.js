// A poster that does not load gives way to the drawn card.

const draw = (image) => {
  const card = image.dataset?.fallback;
  if (!card) return;
  delete image.dataset.fallback; // once: the card itself may fail too
  image.src = card;
};

export function drawMissingPosters() {
  // Errors do not bubble, but they are captured.
  document.addEventListener("error", (event) => draw(event.target), true);
  for (const image of document.querySelectorAll("img[data-fallback]")) {
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) draw(image);
  }
}

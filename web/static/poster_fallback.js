// Replaces a poster that fails to load by the generated one.

const replace = (image) => {
  const url = image.dataset?.fallback;
  if (!url) return;
  delete image.dataset.fallback; // once only: the generated one may fail too
  image.src = url;
};

export function replaceFailedPosters() {
  // Error events do not bubble, but they can be captured.
  document.addEventListener("error", (event) => replace(event.target), true);
  for (const image of document.querySelectorAll("img[data-fallback]")) {
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) replace(image);
  }
}

// Records which search result was opened, and its position.

export function recordResultClicks(results) {
  if (!results) return;
  const record = (event) => {
    const link = event.target.closest("a[href^='/title/']");
    if (!link || event.button > 1) return; // left and middle buttons open a link
    const params = new URLSearchParams(location.search); // of the results on the page
    const q = params.get("q");
    if (!q) return;
    const index = [...results.querySelectorAll("a[href^='/title/']")].indexOf(link);
    const click = {
      q,
      content_id: Number(link.pathname.split("/").pop()),
      position: Number(params.get("offset") ?? 0) + index + 1,
    };
    const body = new Blob([JSON.stringify(click)], { type: "application/json" });
    navigator.sendBeacon("/api/search/clicks", body); // outlives the page
  };
  results.addEventListener("click", record);
  results.addEventListener("auxclick", record);
}

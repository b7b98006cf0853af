// Tells which result of a search was opened, and where it stood.

export function tellWhatIsOpened(results) {
  if (!results) return;
  const tell = (event) => {
    const link = event.target.closest("a[href^='/title/']");
    if (!link || event.button > 1) return; // the left and the middle button open it
    const asked = new URLSearchParams(location.search); // what the results on the page answer
    const q = asked.get("q");
    const at = [...results.querySelectorAll("a[href^='/title/']")].indexOf(link);
    if (!q) return;
    const opened = {
      q,
      content_id: Number(link.pathname.split("/").pop()),
      position: Number(asked.get("offset") ?? 0) + at + 1,
    };
    const body = new Blob([JSON.stringify(opened)], { type: "application/json" });
    navigator.sendBeacon("/api/search/clicks", body); // outlives the page
  };
  results.addEventListener("click", tell);
  results.addEventListener("auxclick", tell);
}

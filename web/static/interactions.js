// Sends events to POST /api/user/interactions.

const INTERACTIONS_URL = "/api/user/interactions";
const SESSION_STORAGE_KEY = "rasika-session";
const MAX_PHONE_WIDTH = 600; // CSS pixels, of the shorter side

export async function recordNow(...events) {
  const response = await fetch(INTERACTIONS_URL, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(events.map(withContext)),
    keepalive: true, // the click may leave the page
  });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

// Without a response; the request outlives the page.
export function recordInBackground(events) {
  const body = new Blob([JSON.stringify(events.map(withContext))], { type: "application/json" });
  navigator.sendBeacon(INTERACTIONS_URL, body);
}

const withContext = (event) => ({
  id: randomUuid(),
  session_id: sessionId(),
  device: deviceKind(),
  ...event,
});

// crypto.randomUUID exists on secure origins only, and a home server may be plain HTTP.
function randomUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function sessionId() {
  try {
    return (sessionStorage[SESSION_STORAGE_KEY] ??= randomUuid());
  } catch {
    return undefined; // storage is disabled
  }
}

function deviceKind() {
  if (!matchMedia("(pointer: coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < MAX_PHONE_WIDTH ? "phone" : "tablet";
}

// The page of the wall view. Text of devices and people is set as text, never as markup.
"use strict";

const wordsElement = document.getElementById("words");
const WORDS = JSON.parse(wordsElement.textContent);
const LOST_AFTER_MS = 15_000;
const MARKS = {PASS: "✔", FAIL: "✘", ERROR: "!", ABORTED: "■"};
const OUTCOME_WORDS = {PASS: "PASS", FAIL: "FAIL", ERROR: "short ERROR", ABORTED: "short ABORTED"};
const OTHER_LANGUAGE = {en: "中文", zh: "English"};
const MOST_PLACES = 4;
const ROOMY_SLOTS = 36;

let state = null;
let heardAt = performance.now(); // of the last message, by this browser's own clock
let language = firstLanguage();

// -- words ------------------------------------------------------------------------------------

function firstLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  const chosen = [asked, remembered(), wordsElement.dataset.language];
  const known = chosen.find((name) => name === "en" || name === "zh");
  return known || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
}

function remembered() {
  try { return localStorage.getItem("language"); } catch { return null; }
}

function remember(name) {
  try { localStorage.setItem("language", name); } catch { /* a browser that keeps nothing */ }
}

function say(key, ...values) {
  return filled(WORDS[key][language], values);
}

function sayCounted(key, count, ...values) {
  const words = WORDS[key];
  return filled((count === 1 && language === "en" && words.one) || words[language], values);
}

function filled(text, values) {
  for (const value of values) text = text.replace("{}", () => value);
  return text;
}

function codeWords(code) {
  const words = state.words[code];
  return words ? words[language] : {says: say("wall unknown code"), do: ""};
}

// What happened, with the detail of the case where it belongs to it.
function sentence(code, detail) {
  const says = codeWords(code).says;
  return detail[language] ? says + say("brackets", detail[language]) : says;
}

function number(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function share(part, whole) {
  if (!whole) return "–";
  if (part === whole) return "100\u202f%";
  return `${Math.min(99.9, (part / whole) * 100).toFixed(1)}\u202f%`;
}

function duration(seconds) {
  if (seconds < 60) return say("wall s", Math.max(0, Math.floor(seconds)));
  if (seconds < 5400) return say("wall min", Math.floor(seconds / 60));
  if (seconds < 129600) return say("wall h", Math.round(seconds / 3600));
  return say("wall d", Math.round(seconds / 86400));
}

function clock(moment) {
  const time = {hour: "2-digit", minute: "2-digit", hour12: false};
  const isToday = moment.toDateString() === now().toDateString();
  const day = isToday ? {} : {month: "2-digit", day: "2-digit"};
  return moment.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {...day, ...time});
}

// -- elements ---------------------------------------------------------------------------------

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

// What changes with the clock alone: shown again each second.
let ticking = [];

function aged(tag, className, text) {
  const made = element(tag, className, text());
  ticking.push(() => { made.textContent = text(); });
  return made;
}

function now() {
  // By the server's clock: the browser's own may be wrong.
  return state ? new Date(Date.parse(state.now) + performance.now() - heardAt) : new Date();
}

function age(moment) {
  return duration((now() - Date.parse(moment)) / 1000);
}

// -- parts ------------------------------------------------------------------------------------

function header() {
  const button = element("button", "", OTHER_LANGUAGE[language]);
  button.type = "button";
  button.id = "language";
  button.addEventListener("click", () => {
    language = language === "en" ? "zh" : "en";
    remember(language);
    show();
  });
  const record = state.last_record;
  return [
    element("h1", "", say("wall title")),
    state.simulated ? element("span", "tag", say("wall simulated")) : null,
    record
      ? aged("span", "age", () => say("wall record age", age(record)))
      : element("span", "age", say("wall no record")),
    button,
    aged("span", "clock", () => clock(now())),
  ].filter((child) => child !== null);
}

function figures() {
  const today = state.today;
  return element(
    "section", "figures",
    figure(number(today.good), say("wall good today"), say("wall since midnight")),
    figure(
      share(today.first_pass, today.new), say("wall first pass"),
      say("wall first pass of", number(today.first_pass), number(today.new)),
    ),
    figure(number(today.last_hour), say("wall last hour"), slotsAtWork()),
  );
}

function figure(value, what, more) {
  return element(
    "div", "figure",
    element("div", "value", value), element("div", "what", what), element("div", "more", more),
  );
}

function slotsAtWork() {
  const slots = state.stations.flatMap((station) => station.slots);
  const working = slots.filter((slot) => slot.activity === "at-work").length;
  return say("wall slots", working, slots.length);
}

function batches() {
  const rows = state.batches.map(batch);
  return element("section", rows.length > 2 ? "batches many" : "batches", ...rows);
}

function batch(row) {
  const planned = row.planned === null
    ? say("wall without plan") : say("wall of planned", number(row.planned));
  const bar = element("progress", "");
  bar.max = row.planned || 1;
  bar.value = Math.min(row.good, bar.max);
  bar.setAttribute("aria-label", `${row.good} ${planned}`);
  const pace = row.per_hour === null ? "–" : number(Math.round(row.per_hour));
  return element(
    "div", "batch",
    element("div", "name", element("b", "", row.batch), " ", element("span", "", row.profile)),
    row.planned ? bar : null,
    element(
      "div", "numbers",
      quantity(number(row.good), planned),
      quantity(pace, say("wall per hour")),
      row.planned === null ? null : quantity(...batchEnd(row)),
      quantity(share(row.first_pass, row.new), say("wall batch yield")),
    ),
  );
}

function batchEnd(row) {
  if (row.good >= row.planned) return ["✔", say("wall complete")];
  if (!row.expected_end) return ["–", say("wall no end")];
  return [clock(new Date(row.expected_end)), say("wall expected end")];
}

function quantity(value, what) {
  return element("div", "quantity", element("b", "", value), " ", element("span", "", what));
}

function station(row) {
  const tiles = element("div", "tiles", ...row.slots.map((slot) => tile(row.station, slot)));
  tiles.style.setProperty("--columns", columns(row.slots.length));
  const made = element("section", "station", element("h2", "", row.station), tiles);
  made.style.setProperty("--rows", Math.ceil(row.slots.length / columns(row.slots.length)));
  return made;
}

function columns(slots) {
  if (isCrowded()) return 16;
  return slots <= 4 ? Math.max(slots, 2) : slots <= 8 ? 4 : 8;
}

// So many slots have room for a mark and a code each, and no word.
function isCrowded() {
  return state.stations.reduce((sum, row) => sum + row.slots.length, 0) > ROOMY_SLOTS;
}

function tile(stationName, slot) {
  const isWorking = slot.activity === "at-work";
  const flags = state.warnings.filter((w) => w.station === stationName && w.slot === slot.slot);
  const kind = isWorking || slot.activity === "no-outcome" ? slot.activity : slot.outcome;
  const made = element(
    "div", `tile ${kind} ${slot.activity}`,
    element(
      "div", "slot", slot.slot, flags.length ? element("span", "flag", " ▲") : null,
      slot.new ? element("span", "yield", share(slot.first_pass, slot.new)) : null,
    ),
    element("div", "word", ...tileWord(slot)),
    slot.code && !isWorking ? element("div", "says", sentence(slot.code, slot.detail)) : null,
    element("div", "line", ...tileLine(slot, isWorking)),
  );
  made.title = [slot.unit, slot.batch, slot.detail[language]].filter(Boolean).join(" · ");
  return made;
}

function tileWord(slot) {
  if (slot.activity === "at-work") return marked("▶", say("short BURNING"));
  if (slot.activity === "no-outcome") return marked("?", say("wall no outcome"));
  const key = OUTCOME_WORDS[slot.outcome];
  return key ? marked(MARKS[slot.outcome], say(key)) : [slot.outcome];
}

function marked(mark, word) {
  return [element("span", "", mark, element("span", "text", ` ${word}`))];
}

function tileLine(slot, isWorking) {
  const since = aged("span", "", () => age(slot.since));
  const code = slot.code ? element("span", "code", slot.code) : null;
  if (isWorking) {
    const last = slot.outcome ? `${say("wall last")} ${MARKS[slot.outcome] || ""}` : "";
    return slot.outcome ? [since, element("span", "before", last, code ? " " : "", code)] : [since];
  }
  const idle = slot.activity === "idle" ? element("span", "", say("wall idle")) : null;
  return [code, idle, since];
}

// -- problems ---------------------------------------------------------------------------------

function problems() {
  const rows = state.problems.map(problem);
  const attempts = Object.values(state.today.attempts).reduce((sum, count) => sum + count, 0);
  const nothing = say(attempts ? "wall no problems" : "wall nothing yet");
  return element(
    "section", "problems",
    element("h2", "", say("wall problems")),
    ...(rows.length ? rows : [element("p", "nothing", nothing)]),
  );
}

function problem(row) {
  const words = codeWords(row.code);
  return element(
    "div", "problem",
    element(
      "div", "head",
      element("b", "code", row.code),
      element("span", "counts", say("wall problem counts", number(row.today), number(row.last_hour))),
    ),
    element("div", "says", sentence(row.code, row.detail)),
    words.do ? element("div", "do", `→ ${words.do}`) : null,
    element("div", "places", places(row.places)),
  );
}

function places(rows) {
  const shown = rows.slice(0, MOST_PLACES).map(place).join(language === "zh" ? "、" : ", ");
  const more = rows.length - MOST_PLACES;
  return more > 0 ? `${shown} ${say("wall more places", more)}` : shown;
}

function place(row) {
  return say("wall slot of", row.station, row.slot);
}

function warnings() {
  if (!state.warnings.length) return null;
  const rows = state.warnings.map((row) => element("li", "", `▲ ${warning(row)}`));
  return element("section", "warnings", element("h2", "", say("wall look at")), element("ul", "", ...rows));
}

function warning(row) {
  const where = place(row);
  if (row.kind === "behind") return say("wall behind", where);
  if (row.kind === "in-a-row") return say("wall in a row", where, row.number);
  if (row.kind === "no-outcome") return say("wall slot no outcome", where);
  return say("wall clock ahead", row.station, duration(row.number));
}

function backlogs() {
  if (!state.backlogs.length) return null;
  const rows = state.backlogs.map((row) => element(
    "li", "", element("b", "", number(row.number)), " ", sayCounted(`backlog ${row.kind}`, row.number, row.name),
    row.since ? aged("span", "age", () => ` ${age(row.since)}`) : null,
  ));
  return element("section", "backlogs", element("h2", "", say("wall backlogs")), element("ul", "", ...rows));
}

// -- all of it --------------------------------------------------------------------------------

function show() {
  ticking = [];
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = `burner · ${say("wall title")}`;
  const wall = document.getElementById("wall");
  if (!state) {
    wall.replaceChildren(element("p", "nothing", say("wall connecting")));
    return;
  }
  document.getElementById("top").replaceChildren(...header());
  if (state.today) {
    const aside = [warnings(), backlogs(), problems()].filter((part) => part !== null);
      const lines = element("div", isCrowded() ? "stations crowded" : "stations", ...state.stations.map(station));
    wall.replaceChildren(
      element("div", "left", figures(), batches(), lines), element("aside", "", ...aside),
    );
  } else {
    wall.replaceChildren();
  }
  showBanner();
  leaveOutWhatDoesNotFit();
}

// A wall has no hand to scroll: what has no room is counted.
function leaveOutWhatDoesNotFit() {
  const aside = document.querySelector("aside") || document.body;
  const rows = [...document.querySelectorAll(".problem")];
  const more = element("p", "nothing", "");
  for (let left = rows.length - 1; left > 0 && aside.scrollHeight > aside.clientHeight + 1; left--) {
    rows[left].replaceWith(more);
    more.textContent = say("wall more codes", rows.length - left);
  }
}

function showBanner() {
  const banner = document.getElementById("banner");
  const silentMs = performance.now() - heardAt;
  let lines = [];
  if (silentMs > LOST_AFTER_MS) {
    lines = [say("wall lost", duration(silentMs / 1000))];
  } else if (state && state.away) {
    const words = codeWords(state.away.code);
    const since = say("wall away", clock(new Date(state.away.since)));
    lines = [`${state.away.code} ${since}`, `${words.says} → ${words.do}`];
  }
  banner.hidden = lines.length === 0;
  const text = lines.map((line) => element("div", "", line));
  if (banner.textContent !== lines.join("")) banner.replaceChildren(...text);
}

function tick() {
  for (const update of ticking) update();
  const wasHidden = document.getElementById("banner").hidden;
  showBanner();
  if (wasHidden !== document.getElementById("banner").hidden) show(); // there is more room, or less
}

const events = new EventSource("/events");
events.addEventListener("message", (message) => {
  state = JSON.parse(message.data);
  heardAt = performance.now();
  show();
});
setInterval(tick, 1000);
show();

// The labelling page. It keeps nothing but what is on the screen: no text, token or answer is stored in the browser.
"use strict";

const $ = (id) => document.getElementById(id);
const BEAT_MS = 30_000; // a lease is kept alive this often, while the person is at work
const IDLE_MS = 5 * 60_000; // no key, touch or scroll for this long: the lease is left to run out
const LATE_S = 120;
const UNREAD_MS = 400; // a key pressed twice must not answer a text that has only just appeared
const WORDS = {
  stale_lease: "시간이 지나 과제가 돌아갔습니다. 다음 글을 가져옵니다.",
  pulled: "이 글은 대기열에서 빠졌습니다. 다음 글을 가져옵니다.",
  answered: "이미 답한 글입니다. 고치려면 되돌리기를 누르세요.",
  taken: "다른 사람이 이미 맡아 되돌릴 수 없습니다.",
  not_found: "되돌릴 답이 없습니다.",
  refused: "맡을 수 있는 글이 없습니다. 소속 기관의 이용 조건을 확인해 주세요.",
  bad_token: "토큰을 알 수 없거나 기한이 지났습니다. 소속 기관에 새 토큰을 요청하세요.",
  locked_out: "잘못된 토큰이 여러 번 들어와 잠시 막혔습니다. 10분 뒤에 다시 해 주세요.",
  offline: "서버에 닿지 않습니다. 연결을 확인하고 다시 해 주세요.",
};

const state = { project: "", lease: null, endsAt: 0, shownAt: 0, movedAt: Date.now(), busy: false, keys: true, last: "" };

class Refusal extends Error {
  constructor(code) { super(code); this.code = code; }
}

async function ask(method, path, body) {
  const headers = { "x-malmoi-label": "1" };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch("api/" + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal("offline");
  }
  if (answer.status === 204) return null;
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(value.error ? value.error.code : "failed");
  return value;
}

// What is said, and what is shown

let sayTimer = 0;
function say(words, bad = false) {
  const place = $("status");
  place.textContent = words;
  place.classList.toggle("bad", bad);
  place.classList.add("on");
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => place.classList.remove("on"), bad ? 6000 : 2600);
}

// The particle 로/으로 after a word: 으로 when its last syllable ends in a consonant other than ㄹ.
function toParticle(word) {
  const code = word.charCodeAt(word.length - 1) - 0xac00;
  if (code < 0 || code > 11171) return "(으)로";
  return code % 28 === 0 || code % 28 === 8 ? "로" : "으로";
}

function show(name) {
  for (const id of ["sign-in", "empty", "work"]) $(id).hidden = id !== name;
  const inside = name !== "sign-in";
  $("mine").hidden = $("sign-out").hidden = $("help-open").hidden = !inside;
}

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Guidelines are plain text: blank lines part paragraphs, "# " starts a heading, "- " a list item.
function guideline(text) {
  const blocks = [];
  for (const block of text.trim().split(/\n\s*\n/)) {
    let list = null;
    for (const line of block.split("\n")) {
      if (line.startsWith("- ")) {
        if (!list) blocks.push((list = element("ul")));
        list.append(element("li", line.slice(2)));
      } else {
        list = null;
        blocks.push(line.startsWith("# ") ? element("h3", line.slice(2)) : element("p", line));
      }
    }
  }
  return blocks;
}

function showProject(project) {
  state.project = project.name;
  $("projects").value = project.name;
  $("question").textContent = project.title;
  $("mine-recent").textContent = project.mine.recent.toLocaleString("ko");
  $("mine-answered").textContent = project.mine.answered.toLocaleString("ko");
  $("share").value = project.progress.share;
  $("share-text").textContent = Math.floor(project.progress.share * 100) + "%";
  if (state.version === project.version) return;
  state.version = project.version;
  $("guideline-body").replaceChildren(...guideline(project.guideline));
  $("labels").replaceChildren(...project.labels.map((label, index) => {
    const button = element("button", "", { type: "button", "data-answer": label });
    if (index < 9) {
      button.append(element("kbd", String(index + 1)));
      button.setAttribute("aria-keyshortcuts", String(index + 1));
    }
    button.append(element("span", label));
    return button;
  }));
}

function showTask(value) {
  showProject(value.project);
  state.lease = value.lease;
  if (!value.lease) return showEmpty("지금은 맡을 글이 없습니다", "다른 사람이 돌려놓은 글이 생기면 여기서 이어집니다.");
  show("work");
  $("document-title").textContent = value.text.title || "제목 없는 글";
  $("document-title").classList.toggle("untitled", !value.text.title);
  $("document-about").textContent = value.text.source + " · " + value.text.licence;
  $("document-body").textContent = value.text.body;
  $("document-notice").textContent = value.text.notice;
  setEnd(value.lease.seconds_left);
  state.shownAt = Date.now();
  scrollTo(0, 0);
  $("document").focus({ preventScroll: true });
}

function showEmpty(title, text) {
  state.lease = null;
  show("empty");
  $("empty-title").textContent = title;
  $("empty-text").textContent = text;
  $("empty-title").focus();
}

function setEnd(seconds) {
  state.endsAt = Date.now() + seconds * 1000;
  tick();
}

function tick() {
  if (!state.lease) return;
  const left = Math.max(0, Math.round((state.endsAt - Date.now()) / 1000));
  $("left").textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
  $("clock").classList.toggle("late", left < LATE_S);
  if (left === 0 && !state.busy) {
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    $("document-body").textContent = "";
    showEmpty("시간이 지나 글을 돌려놓았습니다", "자리를 비우신 동안 다른 사람이 맡을 수 있게 했습니다. 이어서 하시려면 다시 살펴보기를 누르세요.");
  }
}

// What a person does

async function act(work) {
  if (state.busy) return;
  state.busy = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await refused(error.code);
  } finally {
    state.busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

async function refused(code) {
  if (code === "bad_token" || code === "locked_out") {
    signedOut();
    $("sign-in-error").textContent = WORDS[code];
    return;
  }
  say(WORDS[code] || "하지 못했습니다. 잠시 뒤 다시 해 주세요.", true);
  if (code === "refused") showEmpty("맡을 수 있는 글이 없습니다", WORDS.refused);
  if (code === "stale_lease" || code === "pulled") await next();
}

async function next() {
  showTask(await ask("POST", "projects/" + encodeURIComponent(state.project) + "/next"));
}

const onTask = (verb, body) =>
  ask("POST", "tasks/" + encodeURIComponent(state.lease.task_id) + "/" + verb, { fencing: state.lease.fencing, ...body });

const answer = (label) => act(async () => {
  if (!state.lease || Date.now() - state.shownAt < UNREAD_MS) return;
  await onTask("submit", { answer: label });
  say("‘" + label + "’" + toParticle(label) + " 저장했습니다");
  await next();
});

const skip = (reason) => act(async () => {
  await onTask("skip", { reason });
  say("건너뛰었습니다");
  await next();
});

const report = (kind) => act(async () => {
  await onTask("pii", { kind });
  say("신고했습니다. 이 글은 더 쓰이지 않습니다");
  await next();
});

const release = () => act(async () => {
  if (!state.lease) return;
  await onTask("release", {});
  $("document-body").textContent = "";
  showEmpty("글을 돌려놓았습니다", "쉬었다가 이어서 하실 수 있습니다.");
});

const undo = () => act(async () => {
  showTask(await ask("POST", "projects/" + encodeURIComponent(state.project) + "/undo"));
  say("되돌렸습니다. 다시 골라 주세요");
});

function open(id) {
  if (state.lease && !state.busy && !document.querySelector("dialog[open]")) $(id).showModal();
}

// Signing in and out

function signedIn(who) {
  state.version = "";
  $("projects").replaceChildren(...who.projects.map((project) => element("option", project.title, { value: project.name })));
  $("where").hidden = who.projects.length < 2;
  if (who.projects.length === 0) return showEmpty("아직 과제 묶음이 없습니다", "담당자가 과제를 올리면 여기에 나타납니다.");
  showProject(who.projects.find((project) => project.name === state.last) || who.projects[0]);
  return next();
}

function signedOut() {
  state.lease = null;
  $("document-body").textContent = "";
  $("where").hidden = true;
  show("sign-in");
  $("token").focus();
}

$("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  $("sign-in-error").textContent = "";
  act(async () => {
    const token = $("token").value;
    $("token").value = "";
    await signedIn(await ask("POST", "session", { token }));
  });
});

$("sign-out").addEventListener("click", () => act(async () => {
  if (state.lease) await onTask("release", {}).catch(() => null);
  await ask("DELETE", "session");
  signedOut();
}));

// Wiring

$("projects").addEventListener("change", (event) => act(async () => {
  state.project = event.target.value;
  await next();
}));
$("labels").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) answer(button.dataset.answer);
});
$("skip").addEventListener("click", (event) => choose(event, "reason", skip));
$("pii").addEventListener("click", (event) => choose(event, "kind", report));
$("skip-open").addEventListener("click", () => open("skip"));
$("pii-open").addEventListener("click", () => open("pii"));
$("help-open").addEventListener("click", () => $("help").showModal());
$("keys-on").addEventListener("change", (event) => { state.keys = event.target.checked; });
$("release").addEventListener("click", release);
$("again").addEventListener("click", () => act(next));
document.querySelectorAll(".undo").forEach((button) => button.addEventListener("click", undo));

function choose(event, name, then) {
  const button = event.target.closest("button[data-" + name + "]");
  if (!button) return;
  event.currentTarget.close();
  then(button.dataset[name]);
}

const KEYS = {
  s: () => open("skip"), p: () => open("pii"), z: undo, r: release, "?": () => $("help").showModal(),
  g: () => { $("guideline").open = !$("guideline").open; },
};
// Under a Korean layout the key is a jamo or unknown, but its place on the keyboard is the same: nobody has to switch.
const PLACES = { KeyS: "s", KeyP: "p", KeyZ: "z", KeyR: "r", KeyG: "g" };

document.addEventListener("keydown", (event) => {
  state.movedAt = Date.now();
  if (!state.keys || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("input, select, textarea")) return;
  const dialog = document.querySelector("dialog[open]");
  const number = Number(event.key);
  if (number >= 1 && number <= 9) {
    const buttons = dialog ? dialog.querySelectorAll(".choices button") : $("labels").querySelectorAll("button");
    if (!$("work").hidden && buttons[number - 1] && !event.repeat) {
      event.preventDefault();
      buttons[number - 1].click();
    }
    return;
  }
  const key = /^[a-z?]$/i.test(event.key) ? event.key.toLowerCase() : PLACES[event.code];
  if (!dialog && $("sign-in").hidden && KEYS[key] && !event.repeat) {
    event.preventDefault();
    KEYS[key]();
  }
});
for (const kind of ["pointerdown", "wheel", "touchmove"]) {
  document.addEventListener(kind, () => { state.movedAt = Date.now(); }, { passive: true });
}

setInterval(tick, 1000);
setInterval(() => {
  if (!state.lease || state.busy || Date.now() - state.movedAt > IDLE_MS) return;
  onTask("heartbeat", {}).then((value) => setEnd(value.seconds_left)).catch(() => null);
}, BEAT_MS);

act(async () => {
  try {
    await signedIn(await ask("GET", "session"));
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "bad_token") throw error;
    signedOut();
  }
});

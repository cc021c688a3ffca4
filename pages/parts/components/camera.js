// The camera: a live view, one picture by a click, or about five a second while a button is held.
// Frames stay in the browser until the button is released, then go to the server as one batch.
const EVERY = 200; // milliseconds between two frames of a burst
const LONGEST = 150; // frames in a burst: half a minute
const SIDE = 960; // pixels of the longer side of a frame

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".camera");
  const state = (root.state ??= { stream: null, frames: [], timer: null });
  state.send = (frames) => setTriggerValue("burst", { frames, id: crypto.randomUUID() });
  state.ready = data.ready;
  if (root.built) {
    state.draw();
    return state.end; // Streamlit calls what the last call returned
  }
  root.built = true;

  const find = (name) => root.querySelector(name);
  const [stage, video, idle, light] = [".stage", "video", ".idle", ".light"].map(find);
  const [start, hold, once, stop] = [".start", ".hold", ".once", ".stop"].map(find);
  const [status, strip] = [".status", ".strip"].map(find);
  const say = (words) => (status.textContent = words);

  const frame = () => {
    const [width, height] = [video.videoWidth, video.videoHeight];
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.92);
  };
  const show = () => {
    strip.replaceChildren(...state.frames.slice(-12).map((source) => {
      const image = document.createElement("img");
      return Object.assign(image, { src: source, alt: "" });
    }));
  };
  const shoot = () => {
    if (!video.videoWidth) return;
    state.frames.push(frame());
    light.textContent = String(state.frames.length);
    show();
    if (state.frames.length >= LONGEST) release();
  };
  const press = () => {
    if (state.timer || !state.stream || !state.ready) return;
    state.frames = [];
    light.hidden = false;
    hold.classList.add("held");
    hold.textContent = "Recording…";
    say("Turn what you show, move it, change the light: different views teach more.");
    shoot();
    state.timer = setInterval(shoot, EVERY);
  };
  const release = () => {
    if (!state.timer) return;
    clearInterval(state.timer);
    state.timer = null;
    deliver();
  };
  const deliver = () => {
    light.hidden = true;
    hold.classList.remove("held");
    hold.textContent = "Hold to record";
    const frames = state.frames;
    state.frames = [];
    if (!frames.length) return;
    say(`${frames.length} taken.`);
    state.send(frames);
  };

  const refused = (error) => ({
    NotAllowedError: "The browser did not allow the camera. Allow it for this page in the address bar, then try again.",
    NotFoundError: "No camera was found. Connect one, or add pictures as files.",
    NotReadableError: "Another program is using the camera. Close it, then try again.",
  })[error.name] ?? "The camera could not be started. Try again, or add pictures as files.";

  const open = async () => {
    start.disabled = true;
    say("Asking the browser for the camera…");
    try {
      const wish = { width: { ideal: 1280 }, height: { ideal: 960 } };
      state.stream = await navigator.mediaDevices.getUserMedia({ video: wish, audio: false });
      video.srcObject = state.stream;
      const facing = state.stream.getVideoTracks()[0].getSettings().facingMode;
      stage.classList.toggle("mirrored", facing !== "environment");
      await video.play();
      say("");
    } catch (error) {
      close();
      say(refused(error));
    }
    start.disabled = false;
    state.draw();
  };
  const close = () => {
    clearInterval(state.timer);
    state.timer = null;
    state.frames = [];
    light.hidden = true;
    hold.classList.remove("held");
    hold.textContent = "Hold to record";
    for (const track of state.stream?.getTracks() ?? []) track.stop();
    state.stream = null;
    video.srcObject = null;
  };

  state.draw = () => {
    const possible = window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
    const live = Boolean(state.stream);
    find(".none").hidden = possible;
    stage.hidden = find(".side").hidden = !possible;
    idle.hidden = live;
    start.hidden = live;
    for (const button of [hold, once, stop]) button.hidden = !live;
    hold.disabled = once.disabled = !state.ready;
    if (live && !state.ready) say("Choose or type a label above first.");
    else if (live && status.textContent.startsWith("Choose")) say("");
  };

  start.onclick = open;
  stop.onclick = () => { close(); say(""); strip.replaceChildren(); state.draw(); };
  once.onclick = () => { state.frames = []; shoot(); deliver(); };
  hold.onpointerdown = (event) => { hold.setPointerCapture(event.pointerId); press(); };
  hold.onpointerup = hold.onpointercancel = hold.onlostpointercapture = release;
  hold.onkeydown = (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) press();
  };
  hold.onkeyup = release;
  hold.onblur = release;
  hold.oncontextmenu = (event) => event.preventDefault();
  state.end = () => { close(); root.built = false; };
  state.draw();
  return state.end;
}

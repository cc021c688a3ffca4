export default function ({ data, parentElement }) {
  const note = parentElement.querySelector("p");
  const say = (words) => {
    note.textContent = words;
    note.hidden = false;
  };
  if (!navigator.mediaDevices) return say(data.insecure);
  navigator.mediaDevices.enumerateDevices().then((devices) => {
    if (!devices.some((device) => device.kind === "videoinput")) say(data.none);
  });
}

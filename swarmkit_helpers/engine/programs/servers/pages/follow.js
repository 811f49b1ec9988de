// Follows a stream of events and opens it again whenever it breaks. The browser does so by itself only after some
// failures: not after an error of a proxy, nor when the other side vanished without closing (hence the signs of life,
// one each 5 s).
function follow(address, lost, show) {
  const silence = 12000;
  let source, timer;

  function alive() {
    lost.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(again, silence);
  }

  function again() {
    lost.hidden = false;
    source.close();
    clearTimeout(timer);
    timer = setTimeout(open, 1000);
  }

  function open() {
    source = new EventSource(address);
    source.onopen = alive;
    source.onerror = again;
    source.addEventListener("life", alive);
    source.onmessage = (event) => {
      alive();
      show(JSON.parse(event.data));
    };
    timer = setTimeout(again, silence);
  }

  open();
}

// What follows the `#` never reaches a server's log; it is sent with the form alone.
const field = document.getElementById("link");
if (field) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

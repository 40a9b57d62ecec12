// Printing, where there is a script to do it.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => print());

// What is better with a little of it; every page works without.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const faults = document.getElementById("faults");
  if (faults) faults.focus();
  // a form is sent once, however often its button is pressed
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  // a language is chosen by choosing it
  const language = document.getElementById("language");
  if (language) {
    language.form.querySelector("button").hidden = true;
    language.addEventListener("change", () => language.form.submit());
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

"use strict";
// A browser that follows a link on another site, such as one in an alert, keeps the cookie to itself and lands here.
// What this page asks for comes with the cookie: whoever is logged in goes on at once.
(async () => {
  const answer = await fetch("/api/v1/openapi.json", { method: "HEAD" });
  if (answer.ok) location.replace(document.getElementById("next").value);
})();

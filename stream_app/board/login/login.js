"use strict";
// A browser that follows a link on another site, such as one in an alert, keeps the cookie to itself and lands here.
// What this page asks for comes with the cookie: the login sends whoever has one away, and so they go on at once.
(async () => {
  const answer = await fetch("/login", { method: "HEAD", redirect: "manual" });
  if (answer.type === "opaqueredirect") location.replace(document.getElementById("next").value);
})();

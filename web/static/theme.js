// Sets the chosen theme before the first paint, so that a dark room stays dark.
(function () {
  try {
    var theme = localStorage.getItem('mailvane.theme');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage the page follows the system.
  }
})();

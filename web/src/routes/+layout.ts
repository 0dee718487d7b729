// A static application: nothing is rendered on the server, nothing in advance.
export const ssr = false;
export const prerender = false;

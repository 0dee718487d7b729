// What the pages before sign-in share: the token of a link, and how long a password must be.

export const PASSWORD_CHARS_MIN = 12;

/** Takes the token out of the address, so that it stays neither in the bar nor in the history. */
export function takeToken(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  if (token) history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

/** Why a password will not do; empty when it will. */
export function weak(password: string): string {
  if (password.length < PASSWORD_CHARS_MIN)
    return `At least ${PASSWORD_CHARS_MIN} characters; a few words do well.`;
  return new Set(password).size < 5 ? 'That is one character over and over.' : '';
}

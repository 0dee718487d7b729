// What a person reads when a page cannot be shown. A mistyped address is no fault and is not logged as one.
import type { HandleClientError } from '@sveltejs/kit';

export const handleError: HandleClientError = ({ error, status }) => {
  if (status === 404) return { message: 'It was mistyped, or the page is gone.' };
  console.error(error);
  return { message: 'The page failed while it was drawn. Load it again.' };
};

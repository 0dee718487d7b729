// Everything behind sign-in waits for the session; without one the person is asked to sign in and brought back.
import { redirect } from '@sveltejs/kit';

import { Fault } from '$lib/api/client';
import { paths } from '$lib/paths';
import { session } from '$lib/session.svelte';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ url }) => {
  if (session.now) return {};
  try {
    await session.load();
  } catch (cause) {
    if (cause instanceof Fault && cause.status === 401) {
      redirect(307, paths.signIn(`${url.pathname}${url.search}`));
    }
    return {
      fault:
        cause instanceof Fault
          ? cause
          : new Fault(0, 'The session could not be read.', 'Load the page again.', ''),
    };
  }
  return {};
};

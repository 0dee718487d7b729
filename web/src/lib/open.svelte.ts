// The open incidents of the tenant, kept once for the rail's count, the fleet and the search.
import { api } from './api/client';
import type { Incident } from './api/types';
import { Resource } from './resource.svelte';

export const openIncidents = new Resource<Incident[]>(async (signal) => {
  const page = await api.incidents.list('open', undefined, signal);
  return page.items;
});

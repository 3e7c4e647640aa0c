/** The name under which a browser notes that it was asked to tell this person, and in which session
    the site heard of it: another who uses the same browser has not asked. */
export const markOf = (person) => `chatsite:push:${person}`;

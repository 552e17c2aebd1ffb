/** What is said where there is nothing to do. */
export const unchanged = "Nothing to do: this host is as declared.";

"""Who may see and do what: keys, sign-in, patient links, roles, audit."""

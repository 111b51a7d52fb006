"""How staff prove who they are: passwords, second factors, institutions, invitations, sessions."""

"""Ways to reach a patient beside e-mail's own: telephone numbers, texts, what comes back."""

"""The sections of the assessment: each turns data into sheets, text and questions."""

"""The Streamlit app: pages read inputs, call one function of the library, and draw."""

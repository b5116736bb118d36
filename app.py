"""Start the Streamlit app; nothing else."""

# A process for a long run loads the file that was started: it must not draw a page.
if __name__ == "__main__":
    from housing_map.app.main import main

    main()

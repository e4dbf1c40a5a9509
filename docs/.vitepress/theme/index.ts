import DefaultTheme from "vitepress/theme";
import "./gleaner.css";
import "./live/live.css";

export default DefaultTheme;
